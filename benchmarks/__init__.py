"""Measurements beside peers; `make bench` runs them and writes the tables."""
