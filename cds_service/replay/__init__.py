"""The verb `replay`: recorded requests decided by the knowledge that is installed, and what is different."""
