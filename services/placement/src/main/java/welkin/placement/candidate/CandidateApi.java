package welkin.placement.candidate;

import java.time.InstantSource;
import java.util.Map;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.placement.Wire;
import welkin.placement.index.ProviderIndex;

/** {@code /allocation_candidates}. */
public final class CandidateApi {
  private final ProviderIndex index;
  private final InstantSource clock;

  public CandidateApi(ProviderIndex index, InstantSource clock) {
    this.index = index;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/allocation_candidates");
    r.get("", this::list).policy("placement:allocation_candidates:list").since(1, 10);
    return r;
  }

  private Answer list(Call call) {
    var request = CandidateRequest.of(call, index);
    var found = Candidates.find(index.view(), request);
    var body = CandidateWire.show(found, request, call);
    var answer =
        new Answer(200, Map.of("Content-Type", "application/json"), body, null, body.length);
    return Wire.fresh(call, answer, clock);
  }
}
