package welkin.agents.contracts;

import welkin.bus.Cast;

/** The network agent of a host, offered over the bus on its host name. */
public interface NetworkAgent {
  /**
   * Something changed for this host: ask {@link NetworkPlugin#changes} soon. Losing a poke costs
   * only time.
   */
  @Cast(validSeconds = 30)
  void poke();
}
