// The cluster as a whole: its brokers, their disks, the quorum that runs it and the features it has finalized.
package stock.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.Node;
import stock.conversation.Asked;

final class Cluster {

    static Object describe(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            DescribeClusterResult cluster = admin.describeCluster();
            Node controller = cluster.controller().get();
            List<Object> brokers = new ArrayList<>();
            cluster.nodes().get().forEach(node -> brokers.add(Map.of("id", node.id(), "host", node.host(), "port", node.port())));
            Map<String, Object> told = new HashMap<>();
            told.put("cluster_id", cluster.clusterId().get());
            told.put("controller", controller == null ? null : controller.id());
            told.put("brokers", brokers);
            return told;
        });
    }

    static Object describeLogDirs(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            List<Integer> brokers = admin.describeCluster().nodes().get().stream().map(Node::id).toList();
            List<Object> dirs = new ArrayList<>();
            for (Map<String, LogDirDescription> ofBroker : admin.describeLogDirs(brokers).allDescriptions().get().values()) {
                for (Map.Entry<String, LogDirDescription> dir : ofBroker.entrySet()) {
                    dirs.add(told(dir.getKey(), dir.getValue()));
                }
            }
            return Map.of("dirs", dirs);
        });
    }

    static Object describeQuorum(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            return Map.of("leader", quorum.leaderId(), "voters", quorum.voters().stream().map(ReplicaState::replicaId).toList());
        });
    }

    static Object describeFeatures(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            Map<String, Object> levels = new HashMap<>();
            finalized(admin).forEach((name, range) -> levels.put(name, range.maxVersionLevel()));
            return Map.of("features", levels);
        });
    }

    static Object updateFeature(Asked asked) throws Exception {
        String feature = asked.text("feature");
        short level = (short) asked.number("level");
        return Administration.of(asked, admin -> {
            FinalizedVersionRange now = finalized(admin).get(feature);
            boolean isDown = level < 1 || now != null && level < now.maxVersionLevel();
            UpgradeType way = isDown ? UpgradeType.SAFE_DOWNGRADE : UpgradeType.UPGRADE;
            UpdateFeaturesOptions options = new UpdateFeaturesOptions().validateOnly(asked.flag("validate_only"));
            admin.updateFeatures(Map.of(feature, new FeatureUpdate(level, way)), options).all().get();
            return Map.of();
        });
    }

    private static Map<String, FinalizedVersionRange> finalized(Admin admin) throws Exception {
        return admin.describeFeatures().featureMetadata().get().finalizedFeatures();
    }

    private static Map<String, Object> told(String path, LogDirDescription dir) {
        if (dir.error() != null) {
            throw dir.error();
        }
        List<Object> partitions = new ArrayList<>();
        dir.replicaInfos().forEach((replica, info) ->
            partitions.add(Map.of("topic", replica.topic(), "partition", replica.partition(), "size", info.size())));
        return Map.of("path", path, "partitions", partitions);
    }

    private Cluster() {}
}
