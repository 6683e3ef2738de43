"""The ages by which keys are counted: their names, and their ends in days."""

AGES = {"under 30 days": 30, "30 to 90 days": 90, "90 days to a year": 365}
OLDEST = "over a year"
NAMES = (*AGES, OLDEST)
