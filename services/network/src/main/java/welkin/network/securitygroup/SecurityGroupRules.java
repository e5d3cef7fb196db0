package welkin.network.securitygroup;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.host.HostLog;
import welkin.network.ip.Cidr;
import welkin.network.quota.Limits;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.Values;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of security group rules; a rule is never changed, only made and deleted. */
public final class SecurityGroupRules implements Noun {
  private static final Map<String, Integer> PROTOCOLS =
      Map.ofEntries(
          Map.entry("ah", 51),
          Map.entry("dccp", 33),
          Map.entry("egp", 8),
          Map.entry("esp", 50),
          Map.entry("gre", 47),
          Map.entry("hopopt", 0),
          Map.entry("icmp", 1),
          Map.entry("igmp", 2),
          Map.entry("ip", 0),
          Map.entry("ipip", 4),
          Map.entry("ipv6-encap", 41),
          Map.entry("ipv6-frag", 44),
          Map.entry("ipv6-icmp", 58),
          Map.entry("icmpv6", 58),
          Map.entry("ipv6-nonxt", 59),
          Map.entry("ipv6-opts", 60),
          Map.entry("ipv6-route", 43),
          Map.entry("ospf", 89),
          Map.entry("pgm", 113),
          Map.entry("rsvp", 46),
          Map.entry("sctp", 132),
          Map.entry("tcp", 6),
          Map.entry("udp", 17),
          Map.entry("udplite", 136),
          Map.entry("vrrp", 112));

  private static final Set<Integer> WITH_PORTS = Set.of(6, 17, 33, 132, 136);
  private static final Set<Integer> ICMP = Set.of(1, 58);
  private static final int HIGHEST_PORT = 65535;

  private final SecurityGroupStore store;
  private final SecurityGroups groups;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes =
      new Attributes("security_group_rule", "security_group_rules")
          .post("tenant_id", Values.string(255), null)
          .required("security_group_id", Values.uuid())
          .post("ethertype", SecurityGroupRules::ethertype, StringNode.valueOf("IPv4"))
          .required("direction", Values.oneOf("ingress", "egress"))
          .post("protocol", SecurityGroupRules::protocol, NullNode.getInstance())
          .post("port_range_min", SecurityGroupRules::port, NullNode.getInstance())
          .post("port_range_max", SecurityGroupRules::port, NullNode.getInstance())
          .post("remote_ip_prefix", SecurityGroupRules::prefix, NullNode.getInstance())
          .post("remote_address_group_id", SecurityGroupRules::none, NullNode.getInstance())
          .shown("normalized_cidr")
          .post("remote_group_id", Values.uuid().orNull(), NullNode.getInstance())
          .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .standard();

  public SecurityGroupRules(
      SecurityGroupStore store, SecurityGroups groups, HostLog log, Limits limits, Access access) {
    this.store = store;
    this.groups = groups;
    this.log = log;
    this.limits = limits;
    this.access = access;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }

  @Override
  public ResourceStore store() {
    return store.rules();
  }

  @Override
  public String faultName() {
    return "SecurityGroupRule";
  }

  @Override
  public Fault notFound(String id) {
    return Fault.of(
        404, "SecurityGroupRuleNotFound", "Security group rule " + id + " does not exist");
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where(
        "project_id = ? OR security_group_id IN (SELECT g.id FROM security_group g WHERE"
            + " g.project_id = ?)",
        projectId,
        projectId);
  }

  @Override
  public void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {
    var id = Json.string(document, "security_group_id");
    var group = store.groups().find(sql, id).orElseThrow(() -> groups.notFound(id));
    if (!document.has("id")
        && !access.isAdmin(caller)
        && !group.projectId().equals(caller.projectId())) {
      throw groups.notFound(id);
    }
    target.put("security_group:project_id", group.projectId());
  }

  @Override
  public void targets(
      Sql sql, Caller caller, List<Resource> page, List<Map<String, Object>> targets) {
    var ids = new HashSet<String>();
    page.forEach(r -> ids.add(r.text("security_group_id")));
    var owners = new HashMap<String, String>();
    store.groups().findAll(sql, ids).forEach(g -> owners.put(g.id(), g.projectId()));
    for (int i = 0; i < page.size(); i++) {
      var group = page.get(i).text("security_group_id");
      targets.get(i).put("security_group:project_id", owners.get(group));
    }
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    page.forEach(r -> r.document().remove("fingerprint"));
    return page;
  }

  /** A rule as a group shows it. */
  static ObjectNode shown(Resource rule) {
    var d = rule.document().deepCopy();
    d.remove("fingerprint");
    return d;
  }

  // ---- reading values ----

  private static JsonNode ethertype(JsonNode v) {
    for (var known : List.of("IPv4", "IPv6")) {
      if (v.isString() && v.stringValue().equalsIgnoreCase(known)) {
        return StringNode.valueOf(known);
      }
    }
    throw Fault.of(
        400,
        "SecurityGroupRuleInvalidEtherType",
        "Security group rule for ethertype '"
            + Values.show(v)
            + "' not supported. Allowed values are ['IPv4', 'IPv6'].");
  }

  private static JsonNode protocol(JsonNode v) {
    if (v.isNull()) {
      return v;
    }
    var text = v.asString("").toLowerCase(Locale.ROOT);
    if (text.equals("any") || text.isEmpty()) {
      return NullNode.getInstance();
    }
    if (PROTOCOLS.containsKey(text) || text.matches("\\d{1,3}") && Integer.parseInt(text) <= 255) {
      return StringNode.valueOf(text);
    }
    throw Fault.of(
        400,
        "SecurityGroupRuleInvalidProtocol",
        "Security group rule protocol "
            + text
            + " not supported. Only protocol values "
            + PROTOCOLS.keySet().stream().sorted().toList()
            + " and integer representations [0 to 255] are supported.");
  }

  private static JsonNode port(JsonNode v) {
    if (v.isNull()) {
      return v;
    }
    try {
      return Values.number(0, HIGHEST_PORT).read(v);
    } catch (Values.Refused e) {
      throw Fault.of(
          400, "SecurityGroupInvalidPortValue", "Invalid value for port " + Values.show(v));
    }
  }

  private static JsonNode prefix(JsonNode v) {
    if (v.isNull() || v.asString("").isEmpty()) {
      return NullNode.getInstance();
    }
    var text = v.asString("");
    if (Cidr.parse(text) == null) {
      throw Values.refused("'" + text + "' is not a valid IP subnet");
    }
    return text.contains("/") ? v : StringNode.valueOf(Cidr.of(text).toString());
  }

  private static JsonNode none(JsonNode v) {
    if (!v.isNull()) {
      throw Values.refused("address groups are not available");
    }
    return v;
  }

  // ---- verbs ----

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var rule = new Resource(values);
    var groupId = rule.text("security_group_id");
    var group = groups.get(sql, groupId);
    if (!access.isAdmin(caller) && !group.projectId().equals(caller.projectId())) {
      throw groups.notFound(groupId);
    }
    validate(rule);
    var remote = rule.text("remote_group_id");
    if (remote != null) {
      var other = groups.get(sql, remote);
      if (!access.isAdmin(caller) && !other.projectId().equals(caller.projectId())) {
        groups.check(sql, List.of(remote), caller.projectId(), caller);
      }
    }
    rule.set("project_id", group.projectId()).set("tenant_id", group.projectId());
    var print = fingerprint(rule);
    store
        .same(sql, groupId, print)
        .ifPresent(
            id -> {
              throw Faults.conflict(
                  "SecurityGroupRuleExists",
                  "Security group rule already exists. Rule id is " + id + ".");
            });
    limits.take(sql, group.projectId(), "security_group_rule", 1);
    rule.set("fingerprint", print);
    normalize(rule);
    var kept = store.rules().insert(sql, rule);
    bump(sql, group);
    log.touchGroup(sql, groupId);
    return kept;
  }

  private void bump(Sql sql, Resource group) {
    var next = group.copy();
    next.set("revision_number", group.revision() + 1);
    store.groups().update(sql, group, next);
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    return store.rules().update(sql, current, current.copy().merge(changes));
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource rule) {
    store.rules().delete(sql, rule);
    limits.give(sql, rule.projectId(), "security_group_rule", 1);
    store.groups().find(sql, rule.text("security_group_id")).ifPresent(g -> bump(sql, g));
    log.touchGroup(sql, rule.text("security_group_id"));
    var remote = rule.text("remote_group_id");
    if (remote != null) {
      log.touchGroup(sql, remote); // perhaps nobody asks for its addresses any more
    }
  }

  /** One of the rules every group begins with. */
  static void standard(
      Sql sql,
      SecurityGroupStore store,
      Resource group,
      String direction,
      String version,
      String remoteGroup) {
    var rule = new Resource(Json.object());
    rule.set("security_group_id", group.id());
    rule.set("tenant_id", group.projectId()).set("project_id", group.projectId());
    rule.set("ethertype", version).set("direction", direction);
    for (var k :
        List.of(
            "protocol",
            "port_range_min",
            "port_range_max",
            "remote_ip_prefix",
            "remote_address_group_id",
            "normalized_cidr")) {
      rule.document().putNull(k);
    }
    rule.set("remote_group_id", remoteGroup);
    rule.set("description", "");
    rule.set("fingerprint", fingerprint(rule));
    store.rules().insert(sql, rule);
  }

  /** What makes two rules the same rule. */
  private static String fingerprint(Resource r) {
    var protocol = r.text("protocol");
    var number = protocol == null ? null : number(protocol);
    var cidr = r.text("remote_ip_prefix");
    return r.text("direction")
        + "|"
        + r.text("ethertype")
        + "|"
        + number
        + "|"
        + r.text("port_range_min")
        + "|"
        + r.text("port_range_max")
        + "|"
        + (cidr == null ? null : Cidr.of(cidr))
        + "|"
        + r.text("remote_group_id");
  }

  private static void normalize(Resource r) {
    var cidr = r.text("remote_ip_prefix");
    if (cidr == null) {
      r.document().putNull("normalized_cidr");
    } else {
      r.set("normalized_cidr", Cidr.of(cidr).toString());
    }
  }

  /** A protocol's number. */
  public static int number(String protocol) {
    return PROTOCOLS.containsKey(protocol) ? PROTOCOLS.get(protocol) : Integer.parseInt(protocol);
  }

  private static void validate(Resource r) {
    var prefix = r.text("remote_ip_prefix");
    if (prefix != null && r.text("remote_group_id") != null) {
      throw Fault.of(
          400,
          "SecurityGroupMultipleRemoteEntites",
          "Only one of remote_ip_prefix, remote_group_id and remote_address_group_id may be"
              + " provided.");
    }
    int version = r.text("ethertype").equals("IPv4") ? 4 : 6;
    if (prefix != null && Cidr.of(prefix).version() != version) {
      throw Fault.of(
          400,
          "SecurityGroupRuleParameterConflict",
          "Conflicting value ethertype " + r.text("ethertype") + " for CIDR " + prefix);
    }
    var protocol = r.text("protocol");
    if (protocol != null
        && version == 4
        && Set.of(58, 41, 44, 59, 60, 43).contains(number(protocol))
        && !protocol.matches("\\d+")) {
      throw Fault.of(
          400,
          "SecurityGroupEthertypeConflictWithProtocol",
          "Invalid ethertype " + r.text("ethertype") + " for protocol " + protocol + ".");
    }
    ports(r, protocol);
  }

  private static void ports(Resource r, String protocol) {
    boolean hasMin = r.text("port_range_min") != null;
    boolean hasMax = r.text("port_range_max") != null;
    int min = r.number("port_range_min");
    int max = r.number("port_range_max");
    if (!hasMin && !hasMax) {
      return;
    }
    if (protocol == null) {
      throw Fault.of(
          400,
          "SecurityGroupProtocolRequiredWithPorts",
          "Must also specify protocol if port range is given.");
    }
    int number = number(protocol);
    if (WITH_PORTS.contains(number)) {
      if (min == 0 || max == 0 && hasMax) {
        if (number == 6 || number == 17) {
          throw Fault.of(
              400,
              "SecurityGroupInvalidPortValue",
              "Invalid value for port " + (hasMin && min == 0 ? min : max));
        }
      }
      if (!hasMin || !hasMax || min > max) {
        throw Fault.of(
            400,
            "SecurityGroupInvalidPortRange",
            "For TCP/UDP protocols, port_range_min must be <= port_range_max");
      }
    } else if (ICMP.contains(number)) {
      for (var e : Map.of("port_range_min", "type", "port_range_max", "code").entrySet()) {
        if (r.number(e.getKey()) > 255) {
          throw Fault.of(
              400,
              "SecurityGroupInvalidIcmpValue",
              "Invalid value for ICMP "
                  + e.getValue()
                  + " ("
                  + e.getKey()
                  + ") "
                  + r.number(e.getKey())
                  + ". It must be 0 to 255.");
        }
      }
      if (!hasMin) {
        throw Fault.of(
            400,
            "SecurityGroupMissingIcmpType",
            "ICMP code (port-range-max) "
                + max
                + " is provided but ICMP type (port-range-min) is missing.");
      }
    } else {
      throw Fault.of(
          400,
          "SecurityGroupInvalidProtocolForPort",
          "Invalid protocol "
              + protocol
              + " for port range, only supported for TCP, UDP, UDPLITE, SCTP and DCCP.");
    }
  }
}
