"""The demo's county: what ``run --demo`` fills an empty database with."""
