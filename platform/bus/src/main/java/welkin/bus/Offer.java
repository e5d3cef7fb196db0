package welkin.bus;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Something this process offers, whatever becomes of the connection. */
final class Offer {
  final Contract contract;
  final String host;
  final Object endpoint;

  /** How to stop reading for it, on the connection that is or was. */
  final List<Runnable> stops = new CopyOnWriteArrayList<>();

  volatile boolean closed;

  Offer(Contract contract, String host, Object endpoint) {
    this.contract = contract;
    this.host = host;
    this.endpoint = endpoint;
  }

  @Override
  public String toString() {
    return contract.name() + " on host '" + host + "'";
  }
}
