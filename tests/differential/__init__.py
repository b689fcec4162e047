"""The differential oracle: the same requests to StreamBus and to a stock Kafka, and their answers compared field by field.

Theory of operation
===================

1. A **script** is a list of steps; a step is one request: API, version, body, and over which of a few connections it goes. Bodies are plain
   data. What only a broker can know (topic ids, producer ids, session ids) and what differs from run to run (names, times) stands in them
   as a **symbol**, which each side resolves from what it has answered so far. So a script means the same to both sides, can be printed,
   pasted into a test, and still makes sense when steps are taken out of it.
2. `grammar` makes scripts from a seed. It keeps a model of what should exist, so that most requests are about something; a few have odd or
   wrong arguments, unknown versions, or bytes that are no request.
3. `play` carries a script out on both **sides**, step by step. What is seen of a step is an answer, a closed connection, or silence. Kafka
   applies changes of metadata a moment after it has answered; the play waits for that, so that both sides know the same at every step.
4. `normalise` rewrites an answer until only that is left which must agree. Its table says what is rewritten, and why.
5. `compare` finds what differs. A difference in `known` is explained; any other ends the script, is shrunk to the few steps that it
   takes, and reported.
6. A StreamBus that dies is a finding, too: another takes its place, so that the script can be shrunk.

`python -m tests.differential --seeds 1000` hunts; `--render` writes docs/differences.md from `known`.

What is left out: groups, transactions, shares and streams, which StreamBus does not speak yet, and more than one broker. Requests that
would change the only Kafka beyond repair (feature levels, voters, unregistering it) are rehearsed only, or aim at what is not there.
"""
