"""Exchange with 志愿汇 in its own columns: four tables in a folder, read in and written out.

The columns are those of its four feeds as an integrator's code names them: department, volunteer, duration (with
check-in and check-out) and hisduration (without check-out). 志愿汇 itself publishes no description.
"""
