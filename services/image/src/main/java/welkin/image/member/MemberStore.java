package welkin.image.member;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of members. */
public final class MemberStore {
  private static final Row.Mapper<Member> MAPPER =
      r ->
          new Member(
              r.text("image_id"),
              r.text("member"),
              r.text("status"),
              r.time("created_at"),
              r.time("updated_at"));

  public Optional<Member> find(Sql sql, String image, String member) {
    return sql.one(
        "SELECT * FROM image_member WHERE image_id = ? AND member = ?", MAPPER, image, member);
  }

  List<Member> of(Sql sql, String image) {
    return sql.list(
        "SELECT * FROM image_member WHERE image_id = ? ORDER BY created_at, member", MAPPER, image);
  }

  void insert(Sql sql, Member m) {
    sql.insert(
        "image_member",
        "image_id",
        m.imageId(),
        "member",
        m.member(),
        "status",
        m.status(),
        "created_at",
        m.createdAt(),
        "updated_at",
        m.updatedAt());
  }

  void setStatus(Sql sql, Member m, String status, Instant now) {
    sql.update(
        "UPDATE image_member SET status = ?, updated_at = ? WHERE image_id = ? AND member = ?",
        status,
        now,
        m.imageId(),
        m.member());
  }

  void delete(Sql sql, String image, String member) {
    sql.update("DELETE FROM image_member WHERE image_id = ? AND member = ?", image, member);
  }
}
