"""The benchmark: a suite of layers, our methods and their peers timed in turn, and a report.

`suite` holds what is convolved, `ours` and `peers` who does it, `timing` how it is timed, `race`
runs them all; `report` makes tables, data and README's section of what was found, `picture` the
roofline. The peers are the extra ``bench``; nothing here imports them before they are asked for.
"""
