package welkin.assembly;

/** The hosts a process plays: this machine's own, or simulated ones. */
interface Hosts extends AutoCloseable {
  /** Ends the agents; guests and their traffic go on. */
  @Override
  void close();
}
