"""The moments of one sleep-wake cycle as events of SimPy, without any chip behind them: cycles a second.

The host idles, gives a wake pulse, waits, clocks a frame; the chip pulses INT_AP_L. One event a moment, the frame as a
whole one event: what the event loop alone costs.
"""

import sys
import time

import simpy

CYCLES = int(sys.argv[1])
IDLE, WAKE_PULSE, SETTLE, FRAME, PULSE_DELAY, PULSE = 6_000_000, 1, 100, 113, 40, 9


def pulse(env, begins):
    yield env.timeout(PULSE_DELAY)
    begins.succeed()
    yield env.timeout(PULSE)


def host(env):
    for _ in range(CYCLES):
        yield env.timeout(IDLE)
        yield env.timeout(WAKE_PULSE)
        yield env.timeout(SETTLE)
        yield env.timeout(FRAME)
        begins = env.event()
        env.process(pulse(env, begins))
        yield begins


def main():
    env = simpy.Environment()
    env.process(host(env))
    began = time.perf_counter()
    env.run()
    print(CYCLES / (time.perf_counter() - began))


main()
