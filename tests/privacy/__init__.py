"""Marked requests, and the search for their marks in all that the service leaves behind."""
