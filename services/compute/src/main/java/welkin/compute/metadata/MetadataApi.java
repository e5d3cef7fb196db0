package welkin.compute.metadata;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import welkin.compute.server.Server;
import welkin.compute.server.ServerStore;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.store.Database;

/**
 * The metadata service as proxies reach it at {@code /metadata}: they say whose request it is
 * ({@code X-Instance-ID}, {@code X-Tenant-ID}) and prove it ({@code X-Instance-ID-Signature}).
 */
public final class MetadataApi {
  private static final String PASSWORD = "password";

  private final Database database;
  private final GuestDocuments documents;
  private final GuestPasswords passwords;
  private final MetadataSecret secret;

  public MetadataApi(
      Database database,
      GuestDocuments documents,
      GuestPasswords passwords,
      MetadataSecret secret) {
    this.database = database;
    this.documents = documents;
    this.passwords = passwords;
    this.secret = secret;
  }

  public Routes routes() {
    var r = new Routes("");
    r.get("/", this::roots).open().summary("The versions of EC2's tree, and openstack.");
    for (var depth :
        new String[] {
          "/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}", "/{a}/{b}/{c}/{d}/{e}"
        }) {
      r.get(depth, this::look).open().summary("A folder or a document of the guest that asks.");
    }
    r.post("/{a}/{b}/{c}", this::post)
        .open()
        .rawBody()
        .summary("Keeps the password of the guest that asks, which it may post once.");
    return r;
  }

  private Answer post(Call call) {
    var server = server(call);
    if (!call.path("a").equals("openstack")
        || !hasPassword(call.path("b"))
        || !call.path("c").equals(PASSWORD)) {
      throw absent();
    }
    try {
      passwords.post(server.id(), call.stream().readNBytes(GuestPasswords.MOST + 1));
    } catch (java.io.IOException e) {
      throw Fault.badRequest("The password did not arrive: " + e.getMessage());
    }
    return text("");
  }

  /** From its version of October 2013 on the tree has a password. */
  private static boolean hasPassword(String version) {
    return version.equals("latest")
        || GuestDocuments.OPENSTACK.contains(version) && version.compareTo("2013-10-17") >= 0;
  }

  private Answer roots(Call call) {
    server(call);
    return text(String.join("\n", GuestDocuments.EC2) + "\nlatest");
  }

  private Answer look(Call call) {
    var server = server(call);
    var words = new java.util.ArrayList<String>();
    for (var name : new String[] {"a", "b", "c", "d", "e"}) {
      if (call.path(name) != null && !call.path(name).isEmpty()) {
        words.add(call.path(name));
      }
    }
    if (words.getFirst().equals("openstack")) {
      return openstack(server, words);
    }
    if (!words.getFirst().equals("latest") && !GuestDocuments.EC2.contains(words.getFirst())) {
      throw absent();
    }
    return ec2(server, words);
  }

  private Server server(Call call) {
    var id = call.header("x-instance-id");
    if (id == null) {
      throw Fault.badRequest("X-Instance-ID header is missing from request.");
    }
    var project = call.header("x-tenant-id");
    if (project == null) {
      throw Fault.badRequest("X-Tenant-ID header is missing from request.");
    }
    var signature = call.header("x-instance-id-signature");
    if (signature == null || !secret.sign(id).equals(Secret.of(signature))) {
      throw Fault.forbidden("Invalid proxy request signature.");
    }
    var server = database.read(sql -> ServerStore.find(sql, id)).orElseThrow(MetadataApi::absent);
    if (!server.projectId().equals(project)) {
      throw absent();
    }
    return server;
  }

  private Answer openstack(Server server, java.util.List<String> words) {
    if (words.size() == 1) {
      return text(String.join("\n", GuestDocuments.OPENSTACK) + "\nlatest");
    }
    var second = words.get(1);
    if (second.equals("content") && words.size() == 3) {
      int index = words.get(2).matches("\\d{4}") ? Integer.parseInt(words.get(2)) : -1;
      var file = server.boot().files().values().stream().skip(Math.max(0, index)).findFirst();
      if (index < 0 || file.isEmpty()) {
        throw absent();
      }
      return bytes("application/octet-stream", GuestDocuments.decoded(file.get()));
    }
    if (!second.equals("latest") && !GuestDocuments.OPENSTACK.contains(second)) {
      throw absent();
    }
    var files = documents.openstack(server, server.nics());
    boolean password = hasPassword(second);
    if (words.size() == 2) {
      return text(String.join("\n", files.keySet()) + (password ? "\npassword\n" : "\n"));
    }
    if (password && words.size() == 3 && words.get(2).equals(PASSWORD)) {
      return text(passwords.of(server.id()).orElse(""));
    }
    var document = words.size() == 3 ? files.get(words.get(2)) : null;
    if (document == null) {
      throw absent();
    }
    return bytes(
        words.get(2).endsWith(".json") ? "application/json" : "application/octet-stream",
        document.get());
  }

  private Answer ec2(Server server, java.util.List<String> words) {
    Object at = documents.ec2(server, server.nics());
    for (var word : words.subList(1, words.size())) {
      if (!(at instanceof Map<?, ?> folder)) {
        throw absent();
      }
      at = child(folder, word);
    }
    return switch (at) {
      case byte[] raw -> bytes("application/octet-stream", raw);
      case Map<?, ?> folder -> text(listing(folder));
      default -> text(String.valueOf(at));
    };
  }

  /** An entry by name; a key of {@code public-keys} by its number. */
  private static Object child(Map<?, ?> folder, String name) {
    var found = folder.get(name);
    if (found == null) {
      for (var e : folder.entrySet()) {
        if (String.valueOf(e.getKey()).startsWith(name + "=")) {
          return e.getValue();
        }
      }
      throw absent();
    }
    return found;
  }

  private static String listing(Map<?, ?> folder) {
    var out = new StringBuilder();
    for (var e : new TreeMap<>(folder).entrySet()) {
      var name = String.valueOf(e.getKey());
      out.append(out.isEmpty() ? "" : "\n").append(name);
      if (e.getValue() instanceof Map && !name.contains("=")) {
        out.append('/');
      }
    }
    return out.toString();
  }

  private static Fault absent() {
    return Fault.notFound("The resource could not be found.");
  }

  private static Answer text(String text) {
    return Answer.text(200, "text/plain; charset=UTF-8", text);
  }

  private static Answer bytes(String type, byte[] content) {
    return new Answer(200, Map.of("Content-Type", type), content, null, -1);
  }

  /** Errors as a guest's shell script would want them: a word. */
  public static Answer fault(Fault fault, String requestId) {
    return new Answer(
        fault.status(),
        Map.of("Content-Type", "text/plain; charset=UTF-8"),
        fault.getMessage().getBytes(StandardCharsets.UTF_8),
        null,
        -1);
  }
}
