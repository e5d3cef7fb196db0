package welkin.image.data;

import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.image.image.Images;

/** {@code /v2/images/{image_id}/file}, {@code stage} and {@code import}. */
public final class DataApi {
  private static final String BYTES = "application/octet-stream";
  private final Images images;
  private final Contents contents;

  public DataApi(Images images, Contents contents) {
    this.images = images;
    this.contents = contents;
  }

  public Routes routes() {
    var r = new Routes("/v2/images/{image_id}");
    r.get("/file", this::download).policyOnTarget("download_image");
    r.put("/file", this::upload).policyOnTarget("upload_image").rawBody().success(204);
    r.put("/stage", this::stage).policyOnTarget("modify_image").rawBody().success(204);
    r.post("/import", this::importStaged).policyOnTarget("modify_image").success(202);
    return r;
  }

  private Answer download(Call call) {
    var seen = images.seen(call, call.path("image_id"));
    call.enforce(seen.target());
    var image = seen.image();
    if (image.status().equals("deactivated") && !call.allows("context_is_admin", call.own())) {
      throw Fault.forbidden(
          "The requested image has been deactivated. Image data download is forbidden.");
    }
    if (!image.hasData()) {
      return Answer.none();
    }
    var file = contents.files().file(image.id());
    if (!Files.exists(file)) {
      throw Fault.notFound("Image data of " + image.id() + " is missing in the store");
    }
    long size = image.size();
    var part = ByteRange.of(call.header("range"), call.header("content-range"), size);
    var sent = part == null ? new ByteRange(0, size - 1) : part;
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", BYTES);
    headers.put("Accept-Ranges", "bytes");
    if (part == null) {
      headers.put("Content-MD5", image.checksum());
    } else {
      headers.put("Content-Range", "bytes " + part.first() + "-" + part.last() + "/" + size);
    }
    return new Answer(
        part == null ? 200 : 206,
        headers,
        null,
        out -> FileStore.send(file, sent, out),
        sent.length());
  }

  private Answer upload(Call call) {
    var seen = images.seen(call, call.path("image_id"));
    call.enforce(seen.target());
    requireBytes(call);
    contents.upload(seen.image(), call.stream(), call.request().length());
    return Answer.none();
  }

  private Answer stage(Call call) {
    var seen = images.seen(call, call.path("image_id"));
    call.enforce(seen.target());
    requireBytes(call);
    contents.stage(seen.image(), call.stream(), call.request().length());
    return Answer.none();
  }

  private static void requireBytes(Call call) {
    var type = call.header("content-type");
    if (type == null || !type.split(";")[0].strip().equals(BYTES)) {
      throw Fault.of(
          415, "UnsupportedMediaType", "Request data must have Content-Type " + BYTES + ".");
    }
  }

  private Answer importStaged(Call call) {
    var seen = images.seen(call, call.path("image_id"));
    call.enforce(seen.target());
    var method = call.object().path("method");
    if (!method.isObject()) {
      throw Fault.badRequest("Import request requires a 'method' field.");
    }
    var name = Json.string(method, "name");
    if (name == null) {
      throw Fault.badRequest("Import request requires a 'name' field.");
    }
    if (!name.equals("glance-direct")) {
      throw Fault.badRequest("Unknown import method name '" + name + "'.");
    }
    contents.importStaged(seen.image());
    return Answer.empty(202);
  }
}
