/** Networks: layer-2 segments, their type and number, and with whom they are shared. */
package welkin.network.network;
