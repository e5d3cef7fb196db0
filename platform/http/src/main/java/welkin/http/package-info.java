/**
 * The edge: route tables, the request pipeline, microversions, policy, faults, paging, the OpenAPI
 * documents and the event watch. {@link welkin.http.Door} is the pipeline, {@link
 * welkin.http.HttpServer} puts it on a socket.
 */
package welkin.http;
