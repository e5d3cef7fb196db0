package welkin.agents.contracts;

import java.time.Duration;
import java.util.List;
import welkin.bus.Cast;
import welkin.bus.Speaker;

/** What the Network service tells and hears from host agents, offered by it on host {@code ""}. */
public interface NetworkPlugin {
  /**
   * How often a host asks without a reason: a service older than {@code cursor} in {@link #alive}
   * does not know what it missed.
   */
  Duration PULL_EVERY = Duration.ofSeconds(60);

  /**
   * What changed for a host since a cursor. The agent pulls after every poke, when the last pull
   * failed, and every {@link #PULL_EVERY}; cursor 0 (and any cursor the service no longer knows)
   * answers the host's whole desired state, so an agent that lost everything needs nothing else.
   * Objects come whole, except that a network or group of which only entries changed may come as
   * these entries.
   *
   * @param entries whether the agent knows what to do with entries; else all objects come whole
   */
  HostChanges changes(@Speaker String host, long since, boolean entries);

  /** Ports whose device is wired now. */
  void portsUp(@Speaker String host, List<String> portIds);

  /** Ports of the host that have been without their device for a while ({@link PortReports}). */
  void portsDown(@Speaker String host, List<String> portIds);

  /**
   * Signs of life of the agents a host plays (L2, L3, DHCP, metadata, metering), every few seconds.
   * A host that missed something is poked again.
   *
   * @param cursor of the host's last answer; 0 when it has none, or does not say
   */
  @Cast(validSeconds = 10)
  void alive(@Speaker String host, List<AgentReport> agents, long cursor);

  /**
   * Which server and project stand behind an address, for the metadata proxy.
   *
   * @param networkId the isolated network asked from, or null
   * @param routerId the router asked through, or null
   * @return the port, or null when no port has the address
   */
  PortOwner owner(String networkId, String routerId, String address);

  /** A port's owner for the metadata proxy. */
  record PortOwner(String portId, String serverId, String projectId) {}

  /**
   * One of the agents shown by {@code network agent list}.
   *
   * @param type {@code Open vSwitch agent}, {@code L3 agent}, {@code DHCP agent}, {@code Metadata
   *     agent}, ...
   * @param binary {@code neutron-...-agent}
   * @param configurations JSON text
   */
  record AgentReport(String type, String binary, String configurations) {}
}
