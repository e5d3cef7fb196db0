package welkin.network.host;

/**
 * A change of what many hosts have.
 *
 * @param seq when it was: larger is later; changes of one transaction have the same
 * @param object the network or group
 * @param entry MAC address, host or address; empty for a whole object
 * @param now the host where the MAC address is; null when the entry is none any more
 */
record SharedChange(long seq, Part part, String object, String entry, String now) {
  /** What of an object changed. */
  enum Part {
    /** A network but for its tables; all of it is told. */
    NETWORK,
    /** What a network's DHCP server answers. */
    LEASES,
    /** Where a MAC address is. */
    FORWARDING,
    /** Whether a host has a network. */
    PEER,
    /** A group's rules; all of it is told. */
    GROUP,
    /** Whether an address belongs to a group. */
    MEMBER;

    boolean ofNetwork() {
      return this != GROUP && this != MEMBER;
    }
  }
}
