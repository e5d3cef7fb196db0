package welkin.core;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** This host's name in the cloud: as the option {@code host.name} says, else the system's. */
public final class HostName {
  public static final Config.Key<String> KEY =
      Config.Key.text("host.name", "", "This host's name in the cloud; empty for the system's.");

  private HostName() {}

  public static String of(Config config) {
    var told = config.get(KEY);
    if (!told.isEmpty()) {
      return told;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
