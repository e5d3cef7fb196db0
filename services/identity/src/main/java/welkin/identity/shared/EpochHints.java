package welkin.identity.shared;

import welkin.bus.FanOut;

/** What processes with Identity tell one another. */
public interface EpochHints {
  /** The epoch has ended: see the row. */
  @FanOut
  void ended();
}
