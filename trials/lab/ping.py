"""Counts what a guest answers, five times a second, while something happens."""
import signal
import subprocess


class Ping:
    def __init__(self, address):
        self.process = subprocess.Popen(['ping', '-n', '-i', '0.2', '-W', '1', address], stdout=subprocess.PIPE, text=True)

    def end(self):
        """(sent, lost)"""
        self.process.send_signal(signal.SIGINT)
        out = self.process.communicate()[0]
        sent, received = (int(out.split(w)[0].split()[-1]) for w in (' packets transmitted', ' received'))
        return sent, sent - received
