package welkin.image.member;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.image.image.ImageWire;

/** {@code /v2/images/{image_id}/members}. */
public final class MemberApi {
  private final Members members;

  public MemberApi(Members members) {
    this.members = members;
  }

  public Routes routes() {
    var r = new Routes("/v2/images/{image_id}/members");
    r.get("", this::list).policyOnTarget("get_members");
    r.post("", this::add).policyOnTarget("add_member");
    r.get("/{member_id}", this::show).policyOnTarget("get_member");
    r.put("/{member_id}", this::setStatus).policyOnTarget("modify_member");
    r.delete("/{member_id}", this::remove).policyOnTarget("delete_member").success(204);
    return r;
  }

  private static ObjectNode wire(Member m) {
    return Json.object()
        .put("image_id", m.imageId())
        .put("member_id", m.member())
        .put("status", m.status())
        .put("created_at", ImageWire.time(m.createdAt()))
        .put("updated_at", ImageWire.time(m.updatedAt()))
        .put("schema", "/v2/schemas/member");
  }

  private Answer list(Call call) {
    var out = Json.object();
    var list = out.putArray("members");
    members.list(call, call.path("image_id")).forEach(m -> list.add(wire(m)));
    out.put("schema", "/v2/schemas/members");
    return Answer.ok(out);
  }

  private Answer add(Call call) {
    var member = Json.string(call.object(), "member");
    if (member == null) {
      throw Fault.badRequest("Member to be added not specified");
    }
    if (member.isEmpty()) {
      throw Fault.badRequest("Member can't be empty");
    }
    if (member.length() > 255) {
      throw Fault.badRequest("Member is longer than 255 characters");
    }
    return Answer.ok(wire(members.add(call, call.path("image_id"), member)));
  }

  private Answer show(Call call) {
    return Answer.ok(wire(members.show(call, call.path("image_id"), call.path("member_id"))));
  }

  private Answer setStatus(Call call) {
    var status = Json.string(call.object(), "status");
    if (status == null) {
      throw Fault.badRequest("Status not specified");
    }
    if (!status.matches("pending|accepted|rejected")) {
      throw Fault.badRequest("Invalid status: " + status);
    }
    return Answer.ok(
        wire(members.setStatus(call, call.path("image_id"), call.path("member_id"), status)));
  }

  private Answer remove(Call call) {
    members.remove(call, call.path("image_id"), call.path("member_id"));
    return Answer.none();
  }
}
