"""Faults done to the files of a running service, and the promise held against them."""
