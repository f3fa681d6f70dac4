/* campaign_rules.h - the retry rules of a campaign file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each mistake is one line "FILE:LINE: retry rule N: ...", the line of that rule.
 */
#ifndef SPILLWAY_COORDINATOR_CAMPAIGN_RULES_H
#define SPILLWAY_COORDINATOR_CAMPAIGN_RULES_H

#include "coordinator/config.h"
#include "model/campaign.h"

/* Into policy->rules; the limits of the policy are known before. */
bool campaign_rules_read(const struct config_file *file, const struct config_retry *retry,
                         struct campaign_policy *policy, struct err *err);

/* What a rule may say, and the built-in table, for spillway help rules. */
bool campaign_rules_help(struct bytes *out, struct err *err);

#endif
