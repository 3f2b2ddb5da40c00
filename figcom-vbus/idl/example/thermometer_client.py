# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""thermometer_client.py DIRECTORY: asks the thermometer of beta."""

import sys

import figcom
import thermometer  # made by figcom-idl

with figcom.Bus(f"local:{sys.argv[1]}", "alpha", timeout=60) as bus, bus.open("beta", "thermometer", timeout=60) as channel:
    port = thermometer.ThermometerClient(channel)
    port.send_watch(thermometer.Threshold(millicelsius=24000))
    for probe in (0, 5):
        reading = port.call_measure(thermometer.ReadRequest(probe=probe))
        print(f"{reading.label} {reading.probe} in {reading.place.name.lower()}: {reading.millicelsius / 1000} °C,",
              f"{reading.certainty} % certain")
    event = port.receive()
    print(f"{event.name}: {event.body.millicelsius / 1000} °C")
