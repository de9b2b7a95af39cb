"""Hook requests kept for a replay, so that nobody can be known from them. Off unless the site asks for it."""
