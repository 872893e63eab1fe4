"""The staff's console in a browser: publish, broadcast, answer, decide; one file for each family of pages."""
