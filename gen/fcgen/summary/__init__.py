"""What layers and networks are and cost.

Networks and schedules come in; tables and JSON go out. Begin with `fcgen.summary.network`.
"""
