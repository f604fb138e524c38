"""What branches of a network need beside its layers: copies, queues, joins, narrower beats.

What comes in are the sources and the schedule of a network; what goes out is how the streams of its
layers are connected. Read `plan.py` first.
"""
