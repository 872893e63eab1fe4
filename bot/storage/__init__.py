"""Memory: the database (facts), Valkey (what may be lost)."""
