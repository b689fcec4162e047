"""`python -m streambus.wire` writes the types of all messages down again, after a definition has changed."""

from pathlib import Path

from streambus.wire.stubs import stub_source

if __name__ == "__main__":
    Path(__file__).with_name("messages.pyi").write_text(stub_source())
