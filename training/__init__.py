"""Paraphrases of the domain, and the script that teaches them to the encoder."""
