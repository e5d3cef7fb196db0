package welkin.compute.service;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import welkin.compute.host.Host;
import welkin.compute.host.Hosts;
import welkin.core.Fault;
import welkin.store.Database;

/** The verbs of Compute's services. */
public final class ComputeServices {
  private final Database database;
  private final Hosts hosts;

  public ComputeServices(Database database, Hosts hosts) {
    this.database = database;
    this.hosts = hosts;
  }

  /**
   * @param binary only this program's, null for all
   * @param host only this host's, null for all
   */
  public List<ServiceRow> list(String binary, String host) {
    var out = new ArrayList<ServiceRow>();
    out.addAll(database.read(sql -> ComputeServiceStore.own(sql, hosts::heardLately)));
    var zones = hosts.zones();
    for (var h : hosts.list()) {
      out.add(row(h, zones.getOrDefault(h.host(), hosts.defaultZone())));
    }
    out.removeIf(
        s ->
            binary != null && !s.binary().equals(binary) || host != null && !s.host().equals(host));
    return out;
  }

  private ServiceRow row(Host h, String zone) {
    return new ServiceRow(
        h.serviceId(),
        h.serviceUuid(),
        "nova-compute",
        h.host(),
        zone,
        h.disabled(),
        h.disabledReason(),
        h.forcedDown(),
        hosts.up(h),
        h.seenAt());
  }

  /** A compute host's service by host name (before 2.53). */
  ServiceRow named(String host, String binary) {
    return list(binary, host).stream()
        .findFirst()
        .orElseThrow(
            () -> Fault.notFound("Host binary " + host + ":" + binary + " could not be found."));
  }

  /** A service by its UUID (since 2.53). */
  ServiceRow identified(String uuid) {
    return list(null, null).stream()
        .filter(s -> s.uuid().equals(uuid))
        .findFirst()
        .orElseThrow(() -> Fault.notFound("Service " + uuid + " could not be found."));
  }

  /**
   * Changes a host's service; null leaves a value as it is.
   *
   * @throws Fault 400 for a service that is no compute host
   */
  ServiceRow change(ServiceRow row, Boolean disabled, String reason, Boolean forcedDown) {
    if (!row.binary().equals("nova-compute")) {
      throw Fault.badRequest(
          "Updating a "
              + row.binary()
              + " service is not supported. Only nova-compute services can be updated.");
    }
    var columns = new LinkedHashMap<String, Object>();
    if (disabled != null) {
      columns.put("disabled", disabled);
      columns.put("disabled_reason", disabled ? reason : null);
    }
    if (forcedDown != null) {
      columns.put("forced_down", forcedDown);
    }
    var host =
        hosts
            .find(row.host())
            .orElseThrow(() -> Fault.notFound("Host " + row.host() + " could not be found."));
    hosts.change(host, columns);
    return named(row.host(), row.binary());
  }

  /** Forgets a host that has gone for good. */
  void delete(ServiceRow row) {
    var host =
        hosts
            .find(row.host())
            .filter(h -> row.binary().equals("nova-compute"))
            .orElseThrow(
                () ->
                    Fault.badRequest(
                        "Only nova-compute services can be deleted; "
                            + row.binary()
                            + " is of a control host."));
    hosts.forget(host, database.read(sql -> ComputeServiceStore.serversOn(sql, row.host())));
  }
}
