# SPDX-License-Identifier: BSD-2-Clause
# Included by snoop_helper(). The test has these print recordings.
add_dependencies(${name}_unit_test execsnoop opensnoop)
