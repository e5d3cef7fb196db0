package welkin.compute.api;

import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/** What upstream removed and answers 410 for, and lists that are always empty here. */
public final class GoneApi {
  private static final List<String> GONE =
      List.of(
          "/os-agents",
          "/os-agents/{id}",
          "/os-cells",
          "/os-cells/{id}",
          "/os-certificates",
          "/os-certificates/{id}",
          "/os-cloudpipe",
          "/os-cloudpipe/{id}",
          "/os-fixed-ips/{id}",
          "/os-floating-ip-dns",
          "/os-floating-ips-bulk",
          "/os-floating-ips-bulk/{id}",
          "/os-fping",
          "/os-fping/{id}",
          "/os-security-group-default-rules",
          "/os-security-group-default-rules/{id}",
          "/servers/{id}/consoles",
          "/servers/{id}/os-virtual-interfaces");

  /** Extensions clients still ask for: alias and name. */
  private static final Map<String, String> EXTENSIONS =
      Map.ofEntries(
          Map.entry("OS-DCF", "DiskConfig"),
          Map.entry("OS-EXT-AZ", "ExtendedAvailabilityZone"),
          Map.entry("OS-EXT-IPS", "ExtendedIps"),
          Map.entry("OS-EXT-IPS-MAC", "ExtendedIpsMac"),
          Map.entry("OS-EXT-SRV-ATTR", "ExtendedServerAttributes"),
          Map.entry("OS-EXT-STS", "ExtendedStatus"),
          Map.entry("OS-FLV-DISABLED", "FlavorDisabled"),
          Map.entry("OS-FLV-EXT-DATA", "FlavorExtraData"),
          Map.entry("OS-SCH-HNT", "SchedulerHints"),
          Map.entry("OS-SRV-USG", "ServerUsage"),
          Map.entry("os-admin-actions", "AdminActions"),
          Map.entry("os-aggregates", "Aggregates"),
          Map.entry("os-attach-interfaces", "AttachInterfaces"),
          Map.entry("os-availability-zone", "AvailabilityZone"),
          Map.entry("os-config-drive", "ConfigDrive"),
          Map.entry("os-console-output", "ConsoleOutput"),
          Map.entry("os-deferred-delete", "DeferredDelete"),
          Map.entry("os-extended-volumes", "ExtendedVolumes"),
          Map.entry("os-flavor-access", "FlavorAccess"),
          Map.entry("os-flavor-extra-specs", "FlavorExtraSpecs"),
          Map.entry("os-flavor-manage", "FlavorManage"),
          Map.entry("os-consoles", "Consoles"),
          Map.entry("os-hosts", "Hosts"),
          Map.entry("os-hypervisors", "Hypervisors"),
          Map.entry("os-instance-actions", "InstanceActions"),
          Map.entry("os-keypairs", "Keypairs"),
          Map.entry("os-lock-server", "LockServer"),
          Map.entry("os-multiple-create", "MultipleCreate"),
          Map.entry("os-pause-server", "PauseServer"),
          Map.entry("os-quota-class-sets", "QuotaClasses"),
          Map.entry("os-quota-sets", "Quotas"),
          Map.entry("os-security-groups", "SecurityGroups"),
          Map.entry("os-server-diagnostics", "ServerDiagnostics"),
          Map.entry("os-server-external-events", "ServerExternalEvents"),
          Map.entry("os-server-groups", "ServerGroups"),
          Map.entry("os-server-password", "ServerPassword"),
          Map.entry("os-services", "Services"),
          Map.entry("os-simple-tenant-usage", "SimpleTenantUsage"),
          Map.entry("os-suspend-server", "SuspendServer"),
          Map.entry("os-used-limits", "UsedLimits"),
          Map.entry("os-user-data", "UserData"));

  public Routes routes() {
    var r = new Routes("/v2.1");
    for (var path : GONE) {
      r.get(path, GoneApi::gone).anyone().summary("Gone.");
      r.post(path, GoneApi::gone).anyone().summary("Gone.");
    }
    r.get("/extensions", this::extensions)
        .policy("os_compute_api:extensions")
        .summary("The extensions of the days before microversions.");
    r.get("/extensions/{alias}", this::extension)
        .policy("os_compute_api:extensions")
        .summary("One extension.");
    return r;
  }

  private static Answer gone(Call call) {
    throw Fault.of(
        410, "Gone", "This resource is no longer available. No forwarding address is" + " given.");
  }

  private static Map<String, Object> view(String alias) {
    return Map.of(
        "alias",
        alias,
        "name",
        EXTENSIONS.get(alias),
        "description",
        "",
        "links",
        List.of(),
        "namespace",
        "http://docs.openstack.org/compute/ext/fake_xml",
        "updated",
        "2014-12-03T00:00:00Z");
  }

  private Answer extensions(Call call) {
    return Answer.ok(
        Map.of("extensions", EXTENSIONS.keySet().stream().sorted().map(GoneApi::view).toList()));
  }

  private Answer extension(Call call) {
    if (!EXTENSIONS.containsKey(call.path("alias"))) {
      throw Fault.notFound("The resource could not be found.");
    }
    return Answer.ok(Json.object().set("extension", Json.tree(view(call.path("alias")))));
  }
}
