"""Which node is made from which config: what a host, and a replay, can bring to life."""

from streambus.broker import Broker, BrokerConfig
from streambus.client import Admin, AdminConfig, Consumer, ConsumerConfig, Producer, ProducerConfig
from streambus.sim.simulation import Factories
from streambus.sim.vandal import Vandal, VandalConfig

FACTORIES: Factories = {
    BrokerConfig: Broker,
    ProducerConfig: Producer,
    ConsumerConfig: Consumer,
    AdminConfig: Admin,
    VandalConfig: Vandal,
}
