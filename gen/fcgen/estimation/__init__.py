"""What a layer will take and how fast it will be, without synthesis."""
