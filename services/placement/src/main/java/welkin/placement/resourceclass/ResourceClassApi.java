package welkin.placement.resourceclass;

import java.time.InstantSource;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.placement.Wire;

/** {@code /resource_classes}. */
public final class ResourceClassApi {
  private static final Shape NAMED =
      Shape.object()
          .required("name", Shape.string().length(1, 255).pattern(Wire.CUSTOM_NAME))
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  private final ResourceClasses classes;
  private final InstantSource clock;

  public ResourceClassApi(ResourceClasses classes, InstantSource clock) {
    this.classes = classes;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/resource_classes");
    r.get("", this::list).policy("placement:resource_classes:list").since(1, 2);
    r.post("", this::create)
        .policy("placement:resource_classes:create")
        .since(1, 2)
        .body(NAMED)
        .success(201);
    r.get("/{name}", this::show).policy("placement:resource_classes:show").since(1, 2);
    r.put("/{name}", this::rename)
        .policy("placement:resource_classes:update")
        .since(1, 2)
        .until(1, 6)
        .body(NAMED);
    r.put("/{name}", this::ensure)
        .policy("placement:resource_classes:update")
        .since(1, 7)
        .success(201);
    r.delete("/{name}", this::delete)
        .policy("placement:resource_classes:delete")
        .since(1, 2)
        .success(204);
    return r;
  }

  private static String url(String name) {
    return Wire.MOUNT + "/resource_classes/" + name;
  }

  private static ObjectNode wire(String name) {
    var out = Json.object().put("name", name);
    out.putArray("links").addObject().put("rel", "self").put("href", url(name));
    return out;
  }

  private Answer list(Call call) {
    var out = Json.object();
    var list = out.putArray("resource_classes");
    classes.all().forEach(name -> list.add(wire(name)));
    return Wire.fresh(call, Answer.ok(out), clock);
  }

  private Answer create(Call call) {
    var name = call.json().get("name").stringValue();
    classes.create(name);
    return Answer.empty(201).with("Location", Wire.location(call, url(name)));
  }

  private Answer show(Call call) {
    classes.mustExist(call.path("name"));
    return Wire.fresh(call, Answer.ok(wire(call.path("name"))), clock);
  }

  private Answer rename(Call call) {
    var name = call.json().get("name").stringValue();
    classes.rename(call.path("name"), name);
    return Answer.ok(wire(name));
  }

  private Answer ensure(Call call) {
    var name = call.path("name");
    if (!name.matches(Wire.CUSTOM_NAME) || name.length() > 255) {
      throw Fault.badRequest(
          "JSON does not validate: '" + name + "' does not match '" + Wire.CUSTOM_NAME + "'");
    }
    return Answer.empty(classes.ensure(name) ? 201 : 204)
        .with("Location", Wire.location(call, url(name)));
  }

  private Answer delete(Call call) {
    classes.delete(call.path("name"));
    return Answer.none();
  }
}
