#!/usr/bin/env python3
"""Reads a folder of event files with TensorBoard's own reader and prints every scalar as JSON:
{"folder relative to the given one": {"tag": [[step, value, wall time], ...]}}.

    read_events.py RUN/tensorboard

Needs tensorboard.
"""

import json
import sys

from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

multiplexer = EventMultiplexer(size_guidance={"scalars": 0, "tensors": 0})
multiplexer.AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()
print(
    json.dumps(
        {
            run: {
                tag: [[e.step, e.value, e.wall_time] for e in multiplexer.Scalars(run, tag)]
                for tag in tags["scalars"]
            }
            for run, tags in multiplexer.Runs().items()
        }
    )
)
