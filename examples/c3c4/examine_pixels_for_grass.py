"""Decide for each pixel in which months C3 and C4 grasses can grow.

A month is wet enough when it brings at least THRESHOLD mm of rain a day.
In a wet month of 22 °C or more C4 grasses have the advantage; in a cooler
one that is still warm enough to grow, C3 grasses have it.
"""

# @begin examine_pixels_for_grass @desc Count the C3 and C4 months of every pixel
# @in climate_table @uri file:prepared/monthly_climate.csv
# @param threshold @desc Rain that makes a month wet, mm a day
# @out grass_months @uri file:prepared/grass_months.csv

import argparse
import csv
from collections import Counter
from pathlib import Path

WARM_C, GROWING_C = 22.0, 4.0

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--threshold", type=float, default=2.5, help="mm of rain a day")
threshold = parser.parse_args().threshold

# @begin select_wet_months
# @in climate_table @uri file:prepared/monthly_climate.csv
# @param threshold
# @out wet_months
with Path("prepared", "monthly_climate.csv").open(newline="") as file:
    wet = [row for row in csv.DictReader(file) if float(row["rain_mm_per_day"]) >= threshold]
# @end select_wet_months

# @begin classify_months @desc C4 from 22 °C, C3 from 4 °C
# @in wet_months
# @out grass_months @uri file:prepared/grass_months.csv
months = Counter()
for row in wet:
    temperature = float(row["temperature_c"])
    kind = "C4" if temperature >= WARM_C else "C3" if temperature >= GROWING_C else "none"
    months[row["station"], row["year"], kind] += 1

pixels = sorted({(station, year) for station, year, _ in months})
with Path("prepared", "grass_months.csv").open("w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["station", "year", "c3_months", "c4_months"])
    for station, year in pixels:
        table.writerow([station, year, months[station, year, "C3"], months[station, year, "C4"]])
# @end classify_months

print(f"{len(wet)} wet months at {threshold} mm a day")

# @end examine_pixels_for_grass
