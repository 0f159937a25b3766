"""Pack runs and files so that other people's software accepts them."""
