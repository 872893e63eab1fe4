"""What the supervisor is made of: children that never outlive it, Valkey, the data folder, the demo, gunicorn."""
