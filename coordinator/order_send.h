/* order_send.h - an order to whoever owns the catalog: the coordinator, or nobody.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_ORDER_SEND_H
#define SPILLWAY_COORDINATOR_ORDER_SEND_H

#include "coordinator/area.h"
#include "coordinator/orders.h"

/* To a running coordinator by HTTP with the pilot token of the area; without one the
 * catalog is written here. The area is open. *news: see order_check. */
bool order_send(const struct area *area, const struct order *order, bool *news,
                struct err *err);

#endif
