"""From a network, a device and a goal to a schedule.

Goals come in; schedules with their reasons go out. Begin with `fcgen.folding.choice`.
"""
