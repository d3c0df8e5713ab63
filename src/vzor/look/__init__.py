"""Pictures and the run's report page: what a network has learnt, how it went, and where it errs.

`show.look(run, what)` makes each of them by name; `gather.gather` and `report.write_report` are what the end
of a training calls. Everything is drawn from plain data; nothing here knows a task by name.
"""
