"""The reads that join tables; each costs a fixed number of queries, however many rows there are."""
