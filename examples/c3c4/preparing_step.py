"""Join the monthly climate of every pixel into one table.

A pixel is one weather station in one year.
"""

# @begin preparing_step @desc Join the monthly climate of every pixel into one table
# @in mean_airtemp
#   @uri file:inputs/air_temperature/air_monthly_{start_year}_{end_year}_mean.{month}.csv
# @in mean_precip
#   @uri file:inputs/precipitation/apcp_monthly_{start_year}_{end_year}_mean.{month}.csv
# @out climate_table @uri file:prepared/monthly_climate.csv

import csv
from pathlib import Path

MONTHS = range(1, 13)


def read_month(kind, stem, month):
    path = Path("inputs", kind, f"{stem}_monthly_2012_2015_mean.{month}.csv")
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {(station, year): float(value) for station, year, value in rows}


# @begin fetch_monthly_mean_air_temperature_data
# @in mean_airtemp
#   @uri file:inputs/air_temperature/air_monthly_{start_year}_{end_year}_mean.{month}.csv
# @out Tair @as Tair_Matrix
temperature = {month: read_month("air_temperature", "air", month) for month in MONTHS}
# @end fetch_monthly_mean_air_temperature_data

# @begin fetch_monthly_mean_precipitation_data
# @in mean_precip
#   @uri file:inputs/precipitation/apcp_monthly_{start_year}_{end_year}_mean.{month}.csv
# @out Rain @as Rain_Matrix
rain = {month: read_month("precipitation", "apcp", month) for month in MONTHS}
# @end fetch_monthly_mean_precipitation_data

# @begin join_climate @desc One row for each pixel and month
# @in Tair_Matrix
# @in Rain_Matrix
# @out climate_table @uri file:prepared/monthly_climate.csv
Path("prepared").mkdir(exist_ok=True)
with Path("prepared", "monthly_climate.csv").open("w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["station", "year", "month", "temperature_c", "rain_mm_per_day"])
    for month in MONTHS:
        for pixel in sorted(temperature[month]):
            table.writerow([*pixel, month, temperature[month][pixel], rain[month][pixel]])
# @end join_climate

# @end preparing_step
