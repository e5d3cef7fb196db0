package welkin.network.port;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.agent.Agents;
import welkin.network.network.NetworkStore;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.network.stores.Stores;
import welkin.store.Sql;

/** The bindings of ports: where each is, and at which other hosts it is made ready. */
public final class PortBindings {
  private final PortStore store;
  private final NetworkStore networks;
  private final Ports ports;
  private final Binding binding;
  private final PortNotices notices;

  public PortBindings(Stores stores, Ports ports, Agents agents, PortNotices notices) {
    this.store = stores.ports();
    this.networks = stores.networks();
    this.ports = ports;
    this.binding = new Binding(agents);
    this.notices = notices;
  }

  private Resource network(Sql sql, Resource port) {
    return networks.find(sql, port.text("network_id")).orElseThrow();
  }

  /** The bindings of a port, the active one first. */
  List<PortBinding> of(Sql sql, Resource port) {
    var out = new ArrayList<PortBinding>();
    if (!port.text(PortStore.HOST).isEmpty()) {
      out.add(active(port));
    }
    out.addAll(BindingStore.of(sql, port.id()));
    return out;
  }

  /**
   * @throws Fault 404 when the port has none at the host
   */
  PortBinding find(Sql sql, Resource port, String host) {
    return of(sql, port).stream()
        .filter(b -> b.host().equals(host))
        .findFirst()
        .orElseThrow(() -> BindingApi.absent(port, host));
  }

  private static PortBinding active(Resource port) {
    return new PortBinding(
        port.id(),
        port.text(PortStore.HOST),
        port.text(PortStore.VIF_TYPE),
        port.document().get(PortStore.VIF_DETAILS),
        port.text(PortStore.VNIC_TYPE),
        port.document().get(PortStore.PROFILE),
        "ACTIVE".equals(port.text("status")));
  }

  /**
   * Makes a port ready at one more host: its agent hears of the network, the port and its groups
   * now, so that everything stands when the guest arrives.
   *
   * @param vnicType null for the port's own
   * @param profile null for none
   */
  PortBinding add(Sql sql, Resource port, String host, String vnicType, ObjectNode profile) {
    if (of(sql, port).stream().anyMatch(b -> b.host().equals(host))) {
      throw Faults.conflict(
          "PortBindingAlreadyExists",
          "Binding for port " + port.id() + " on host " + host + " already exists.");
    }
    var kind = vnicType == null ? port.text(PortStore.VNIC_TYPE) : vnicType;
    var wiring = wiring(sql, port, host, kind);
    var made =
        new PortBinding(
            port.id(),
            host,
            wiring.vifType(),
            wiring.vifDetails(),
            kind,
            profile == null ? Json.object() : profile,
            false);
    BindingStore.insert(sql, made);
    notices.ready(sql, port, host);
    return made;
  }

  private Binding.Wiring wiring(Sql sql, Resource port, String host, String vnicType) {
    var wiring = binding.wiring(network(sql, port), host, vnicType);
    if (!wiring.bound()) {
      throw BindingApi.failed(port, host);
    }
    return wiring;
  }

  PortBinding change(Sql sql, Resource port, String host, String vnicType, ObjectNode profile) {
    var old =
        BindingStore.find(sql, port.id(), host).orElseThrow(() -> BindingApi.absent(port, host));
    var kind = vnicType == null ? old.vnicType() : vnicType;
    var wiring = wiring(sql, port, host, kind);
    BindingStore.update(
        sql,
        new PortBinding(
            port.id(),
            host,
            wiring.vifType(),
            wiring.vifDetails(),
            kind,
            profile == null ? old.profile() : profile,
            old.plugged()));
    return BindingStore.find(sql, port.id(), host).orElseThrow();
  }

  /** Moves a port to a host where it is ready; the binding it had stays, inactive. */
  Resource activate(Sql sql, Resource port, String host) {
    if (host.equals(port.text(PortStore.HOST))) {
      throw Faults.conflict(
          "PortBindingAlreadyActive",
          "Binding for port " + port.id() + " on host " + host + " is already active.");
    }
    var next =
        BindingStore.find(sql, port.id(), host).orElseThrow(() -> BindingApi.absent(port, host));
    var last = active(port);
    BindingStore.delete(sql, port.id(), host);
    if (!last.host().isEmpty()) {
      BindingStore.insert(sql, last);
    }
    var moved =
        port.copy()
            .set(PortStore.HOST, host)
            .set(PortStore.VIF_TYPE, next.vifType())
            .set(PortStore.VIF_DETAILS, next.vifDetails())
            .set(PortStore.VNIC_TYPE, next.vnicType())
            .set(PortStore.PROFILE, next.profile())
            .set("status", next.plugged() ? "ACTIVE" : "DOWN");
    var kept = new Resource(ports.attributes().ordered(moved.document()));
    store.rows().update(sql, port, kept);
    notices.moved(sql, kept, last.host(), host);
    return kept;
  }

  /** Makes a port ready at one more host, when it can be and is not yet. */
  public void prepare(Sql sql, Resource port, String host) {
    if (binding.wiring(network(sql, port), host, port.text(PortStore.VNIC_TYPE)).bound()
        && of(sql, port).stream().noneMatch(b -> b.host().equals(host))) {
      add(sql, port, host, null, null);
    }
  }

  /** Moves a port for good to a host where it is ready. */
  public void move(Sql sql, Resource port, String host) {
    activate(sql, port, host);
    BindingStore.delete(sql, port.id(), port.text(PortStore.HOST));
  }

  /** Makes a port no longer ready at a host; nothing when it was not. */
  public void forget(Sql sql, Resource port, String host) {
    if (BindingStore.find(sql, port.id(), host).isPresent()) {
      BindingStore.delete(sql, port.id(), host);
      notices.left(sql, port, host);
    }
  }

  /** Whether a port is made ready at a host. */
  public boolean isPrepared(Sql sql, String portId, String host) {
    return BindingStore.find(sql, portId, host).isPresent();
  }

  /** Whether a port is made ready at a host, and its device stands there. */
  public boolean stands(Sql sql, String portId, String host) {
    return BindingStore.find(sql, portId, host).filter(PortBinding::plugged).isPresent();
  }

  /** Takes a binding away; the port of an active one is bound nowhere then. */
  void drop(Sql sql, Resource port, String host) {
    if (host.equals(port.text(PortStore.HOST))) {
      ports.place(sql, port, "");
    } else {
      if (BindingStore.find(sql, port.id(), host).isEmpty()) {
        throw BindingApi.absent(port, host);
      }
      BindingStore.delete(sql, port.id(), host);
      notices.left(sql, port, host);
    }
  }

  /**
   * These ports of a host have their network now.
   *
   * @return those that had not, and all that are only made ready there
   */
  public List<Resource> up(Sql sql, String host, List<String> ids) {
    var changed = report(sql, host, ids, "ACTIVE");
    notices.plugged(sql, changed);
    return changed;
  }

  /** Whether any of these ports is still there. */
  public boolean anyLeft(Sql sql, List<String> ids) {
    return !store.rows().findAll(sql, ids).isEmpty();
  }

  /** And these have it no more. */
  public void down(Sql sql, String host, List<String> ids) {
    notices.unplugged(sql, report(sql, host, ids, "DOWN"));
  }

  /**
   * Sets the state of a host's ports; answers the ports that changed, those that are only made
   * ready there too.
   */
  private List<Resource> report(Sql sql, String host, List<String> ids, String status) {
    var out = new ArrayList<Resource>();
    for (var port : store.rows().findAll(sql, ids)) {
      if (!host.equals(port.text(PortStore.HOST))) {
        boolean plugged = status.equals("ACTIVE");
        if (BindingStore.plugged(sql, port.id(), host, plugged) && plugged) {
          out.add(port);
        }
      } else if (!status.equals(port.text("status"))) {
        var next = port.copy().set("status", status);
        store.rows().update(sql, port, next);
        out.add(next);
      }
    }
    return out;
  }
}
