package welkin.agents.contracts;

import welkin.bus.Cast;
import welkin.bus.Speaker;

/** What compute hosts tell the Compute service, offered by it on host {@code ""}. */
public interface ComputeReports {
  /**
   * A sign of life with what the host is and has; sent at start and every report interval (10 s).
   */
  @Cast(validSeconds = 10)
  void alive(@Speaker HostReport report);

  /** A guest changed without being asked: it shut down, rebooted or died. */
  @Cast
  void changed(@Speaker String host, InstanceState state);
}
