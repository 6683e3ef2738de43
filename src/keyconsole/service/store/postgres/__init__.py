"""PostgreSQL: any number of processes on one primary."""
