package welkin.image.member;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.image.ImageOptions;
import welkin.image.image.Images;
import welkin.peers.Backend;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Events;
import welkin.store.Sql;

/** The verbs of members. */
public final class Members {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ImageOptions options;
  private final Images images;
  private final MemberStore store;

  public Members(Backend backend, ImageOptions options, Images images, MemberStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.options = options;
    this.images = images;
    this.store = store;
  }

  /** All for the owner, oneself for a member. */
  List<Member> list(Call call, String id) {
    return database.read(
        sql -> {
          var seen = images.seen(sql, call, id);
          shared(seen);
          call.enforce(seen.target());
          boolean all =
              seen.image().ownedBy(call.caller().projectId())
                  || call.allows("context_is_admin", call.own());
          return store.of(sql, id).stream()
              .filter(m -> all || m.member().equals(call.caller().projectId()))
              .toList();
        });
  }

  Member show(Call call, String id, String member) {
    return database.read(
        sql -> {
          var seen = images.seen(sql, call, id);
          var found = get(sql, id, member);
          var target = seen.target();
          target.put("member_id", found.member());
          if (!call.allows(call.route().rule(), target)) {
            throw unknown(id, member);
          }
          call.enforce(target);
          return found;
        });
  }

  Member add(Call call, String id, String member) {
    try {
      return database.tx(
          sql -> {
            var seen = images.seen(sql, call, id);
            shared(seen);
            call.enforce(seen.target());
            int n = store.of(sql, id).size() + 1;
            if (options.memberQuota() >= 0 && n > options.memberQuota()) {
              throw Fault.of(
                  413,
                  "LimitExceeded",
                  "The limit has been exceeded on the number of allowed image members for this"
                      + " image. Attempted: "
                      + n
                      + ", Maximum: "
                      + options.memberQuota());
            }
            var now = clock.instant();
            var made = new Member(id, member, "pending", now, now);
            store.insert(sql, made);
            event(sql, "image.member.create", seen, made);
            return made;
          });
    } catch (DuplicateKey there) {
      throw Fault.conflict("Image member " + member + " already associated with image " + id);
    }
  }

  Member setStatus(Call call, String id, String member, String status) {
    return database.tx(
        sql -> {
          var seen = images.seen(sql, call, id);
          var old = get(sql, id, member);
          var target = seen.target();
          target.put("member_id", old.member());
          call.enforce(target);
          var now = clock.instant();
          store.setStatus(sql, old, status, now);
          var next = new Member(id, member, status, old.createdAt(), now);
          event(sql, "image.member.update", seen, next);
          return next;
        });
  }

  void remove(Call call, String id, String member) {
    database.change(
        sql -> {
          var seen = images.seen(sql, call, id);
          shared(seen);
          call.enforce(seen.target());
          var old = get(sql, id, member);
          store.delete(sql, id, member);
          event(sql, "image.member.delete", seen, old);
        });
  }

  private Member get(Sql sql, String id, String member) {
    return store.find(sql, id, member).orElseThrow(() -> unknown(id, member));
  }

  private static Fault unknown(String id, String member) {
    return Fault.notFound("Member " + member + " of image " + id + " could not be found.");
  }

  private static void shared(Images.Seen seen) {
    if (!seen.image().visibility().equals("shared")) {
      throw Fault.forbidden("Only shared images have members.");
    }
  }

  private void event(Sql sql, String type, Images.Seen seen, Member m) {
    events.append(
        sql,
        type,
        seen.image().owner(),
        m.imageId(),
        Map.of("image_id", m.imageId(), "member_id", m.member(), "status", m.status()));
  }
}
